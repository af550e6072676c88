{ print 
